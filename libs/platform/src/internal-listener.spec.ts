import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { socketFile } from './internal-listener';

describe("the internal listener's socket", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ncr-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('lies in a folder of its owner, another one for each time', async () => {
    const [one, two] = [await socketFile(folder), await socketFile(folder)];
    expect(one.path).not.toBe(two.path);
    expect(statSync(join(folder, 'run')).mode & 0o777).toBe(0o700);
  });

  it('of a process that was killed is removed', async () => {
    await socketFile(folder);
    // The highest number a process can have on Linux is lower.
    writeFileSync(join(folder, 'run', 'internal-99999999-1.sock'), '');
    writeFileSync(join(folder, 'run', `internal-${process.ppid}-1.sock`), '');
    await socketFile(folder);
    expect(readdirSync(join(folder, 'run'))).toEqual([`internal-${process.ppid}-1.sock`]);
  });

  it('lies elsewhere when the path is too long for a socket, and leaves nothing behind', async () => {
    const socket = await socketFile(join(folder, 'x'.repeat(120)));
    expect(socket.path.length).toBeLessThan(100);
    expect(existsSync(dirname(socket.path))).toBe(true);
    await socket.remove();
    expect(existsSync(dirname(socket.path))).toBe(false);
  });
});
