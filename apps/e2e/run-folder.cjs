const { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

/** Lines that are shown of a log. */
const shown = 80;

/**
 * Gives the suites of a test run one folder for what they keep and what they log, shows the end of the log for a file
 * whose tests failed, and removes the folder whatever ends the run. A test cannot do the last: Jest's sandbox hides the
 * process's exit from it.
 */
module.exports = class RunFolder {
  onRunStart() {
    // Root's PostgreSQL runs as another user, who must be able to enter.
    const folder = mkdtempSync(path.join(process.getuid?.() === 0 ? '/var/tmp' : tmpdir(), 'ncr-e2e-'));
    chmodSync(folder, 0o711);
    this.folder = folder;
    process.env.NCR_E2E_FOLDER = folder;
    process.once('exit', () => empty(folder));
    process.once('SIGINT', () => process.exit(130));
    process.once('SIGTERM', () => process.exit(143));
  }

  onTestResult(test, { numFailingTests, testExecError }) {
    const log = path.join(this.folder, `${path.basename(test.path)}.log`);
    if ((numFailingTests === 0 && !testExecError) || !existsSync(log)) return;
    const end = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-shown).join('\n');
    process.stderr.write(`\nThe suite's log during ${path.basename(test.path)} ended with:\n${end}\n`);
  }
};

/** What is still in use is left to whoever uses it: a docker engine removes its own desk, and this folder, when it ends. */
function empty(folder) {
  for (const each of [...readdirSync(folder).map((name) => path.join(folder, name)), folder]) {
    try {
      rmSync(each, { recursive: true, force: true });
    } catch {
      // as said
    }
  }
}
