import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readReport } from './conformance-report';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ncr-report-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a report counts what passed and names what failed and was skipped', () => {
  const file = join(folder, 'junit.xml');
  writeFileSync(
    file,
    `<testsuites><testsuite>
      <testcase name="OCI a" classname="OCI x" status="passed" time="0"><system-err>&gt; status="failed"</system-err></testcase>
      <testcase name="OCI b &amp; c" classname="" time="0.1" status="failure"><system-out>expected 404,&#xA;received 200</system-out></testcase>
      <testcase name="OCI d" classname="OCI x" status="failed" time="0"><failure message="Expected &lt;int&gt;" type="failed">long</failure></testcase>
      <testcase name="OCI e" classname="OCI x" status="skipped" time="0"/>
      <testcase name="OCI f" classname="OCI x" status="passed" time="0"></testcase>
      <testcase name="html custom reporter" classname="OCI x" status="passed" time="0"></testcase>
    </testsuite></testsuites>`,
  );
  expect(readReport(file)).toEqual({
    passed: 2,
    failed: [
      { name: 'OCI b & c', why: 'expected 404, received 200' },
      { name: 'OCI d', why: 'Expected <int>' },
    ],
    skipped: ['OCI e'],
  });
});

test('a program that wrote no report is told from one that found nothing', () => {
  expect(readReport(join(folder, 'missing.xml'))).toBeUndefined();
});
