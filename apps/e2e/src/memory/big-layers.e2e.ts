import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Session, Suite } from '../suite';
import { BigLayer, mebibyte } from './big-layer';
import { LayerClient, Shape } from './layer-client';
import { mebibytes, ResidentMemory, whyNoMeasurement } from './resident-memory';

/** Mebibytes of each layer. */
const size = 2048;
const allowed = 150 * mebibyte;
/** One per client: docker's, and those of the specification. */
const shapes: readonly Shape[] = ['PUT', 'PUT', 'PATCH without length', 'PATCHes with ranges'];

const missing = whyNoMeasurement() ?? whyNoSpace();

function whyNoSpace(): string | undefined {
  const { bavail, bsize } = statfsSync(process.env.NCR_E2E_FOLDER ?? tmpdir());
  const free = (bavail * bsize) / mebibyte / 1024;
  return free < 20 ? `needs 20 GiB of disk, ${free.toFixed()} are free` : undefined;
}

(missing === undefined ? describe : describe.skip)(
  `Memory of large pushes and pulls${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let suite: Suite;
    let client: LayerClient;
    beforeAll(async () => {
      suite = await Suite.start();
      const key = await suite.admin.createAccessKey();
      const repository = `${(await suite.admin.createRegistry(Session.freshName('big'))).name}/image`;
      client = new LayerClient(suite.url, repository, await suite.token([`repository:${repository}:pull,push`], key));
    });
    afterAll(() => suite?.stop());

    test('a 2 GiB layer pushed and pulled by four clients at once grows the process by less than 150 MiB', async () => {
      const layers = BigLayer.make(shapes.length, size);
      const memory = new ResidentMemory(suite.installation);
      const before = memory.now;
      memory.forgetPeak();
      const began = performance.now();
      await Promise.all(layers.map((layer, i) => client.push(layer, shapes[i])));
      const pushed = { growth: memory.peak - before, seconds: (performance.now() - began) / 1000 };
      await Promise.all(layers.map((layer) => client.pull(layer)));
      const pulled = { growth: memory.peak - before, seconds: (performance.now() - began) / 1000 - pushed.seconds };
      console.log(
        `before: ${mebibytes(before)}; pushing: +${mebibytes(pushed.growth)} in ${pushed.seconds.toFixed()} s; ` +
          `then pulling: +${mebibytes(pulled.growth)} in ${pulled.seconds.toFixed()} s`,
      );
      expect(pulled.growth).toBeLessThan(allowed);
    });
  },
);
