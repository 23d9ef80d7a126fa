import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseStat, ProcessTree } from './process-tree';

test('a process name with brackets and blanks does not shift the fields', () => {
  const text = '42 (a) b (c) S 7 1 1 0 -1 4194304 100 0 0 0 11 22 33 44 20 0 1 0 5 0 0';
  expect(parseStat(text)).toEqual({ pid: 42, parent: 7, name: 'a) b (c', ticks: 110 });
});

/** Starts node with the program, and waits for its first output. */
async function started(program: string): Promise<{ tree: ProcessTree; stop: () => Promise<unknown> }> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const tree = new ProcessTree(child.pid ?? 0);
  const stop = (): Promise<unknown> => {
    for (const pid of tree.pids()) process.kill(pid, 'SIGKILL');
    return once(child, 'close');
  };
  return { tree, stop };
}

const burn = "const end = Date.now() + 400; while (Date.now() < end); console.log('done');";

test('time of a living grandchild and of one that ended are both counted', async () => {
  const living = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(`${burn} setTimeout(() => {}, 1e6)`)}], { stdio: 'inherit' });`;
  const ended = `require('child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(burn)}]);`;
  for (const [program, processes] of [
    [living, 2],
    [`${ended} console.log('done'); setTimeout(() => {}, 1e6)`, 1],
  ] as const) {
    const { tree, stop } = await started(program);
    expect(tree.pids()).toHaveLength(processes);
    expect(tree.cpuSeconds()).toBeGreaterThan(0.1);
    await stop();
  }
});

test('memory is proportional and resident, and nothing is left of a tree that ended', async () => {
  const { tree, stop } = await started(
    "const held = Buffer.alloc(64 << 20, 1); console.log('held'); setInterval(() => held[0], 1e6)",
  );
  const { pss, rss } = tree.memory();
  expect(pss).toBeGreaterThan(64 << 20);
  expect(rss).toBeGreaterThanOrEqual(pss);
  await stop();
  expect(tree.pids()).toEqual([]);
  expect(tree.memory()).toEqual({ pss: 0, rss: 0 });
});
