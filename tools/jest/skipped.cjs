/**
 * Names every test that was skipped, so that green never hides it; the reason stands in the test's name. With
 * NCR_REQUIRE=all a skipped test is a failed run. What `-t` left out was not asked for and is not named.
 */
module.exports = class SkippedReporter {
  constructor({ testNamePattern }) {
    this.asked = new RegExp(testNamePattern || '', 'i');
  }

  onRunComplete(_, { testResults }) {
    const skipped = testResults.flatMap(({ testResults }) => testResults.filter((test) => this.isSkipped(test)));
    if (skipped.length === 0) return;
    process.stderr.write(`\nSkipped:\n${skipped.map(({ fullName }) => `  ○ ${fullName}\n`).join('')}`);
    if (process.env.NCR_REQUIRE === 'all') {
      this.error = new Error(`NCR_REQUIRE=all, and ${skipped.length} tests were skipped`);
    }
  }

  getLastError() {
    return this.error;
  }

  isSkipped({ status, fullName }) {
    return ['pending', 'todo', 'disabled'].includes(status) && this.asked.test(fullName);
  }
};
