import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buried } from './process';

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('a dead process that its parent has not looked at yet is waited for (needs /proc)', async () => {
  // The shell becomes a program that never looks at its child, and then ends.
  const isDead = 'while read -r stat < /proc/$dead/stat; do case $stat in *") Z "*) break;; esac; done';
  const script = `sh -c "exit 0" & dead=$!; ${isDead}; echo $dead; exec sleep 0.5`;
  const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const gone = once(parent, 'exit');
  await buried(Number(line.toString()), 10);
  expect(() => process.kill(Number(line.toString()), 0)).toThrow('ESRCH');
  await gone;
});

onLinux('a living process is not waited for (needs /proc)', async () => {
  const began = Date.now();
  await buried(process.pid, 10);
  expect(Date.now() - began).toBeLessThan(1000);
});
