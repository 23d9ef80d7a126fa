import { NestLog, openLog } from './log';

const lines: Record<string, unknown>[] = [];
const log = openLog('info', { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
beforeEach(() => lines.splice(0));

describe('the log', () => {
  it('AC-59: never holds credentials', () => {
    const headers = { authorization: 'Basic marker', cookie: 'marker', 'set-cookie': ['marker'], accept: 'x' };
    log.info({ headers, password: 'marker', body: { secret: 'marker', token: 'marker' } }, 'request');
    expect(JSON.stringify(lines)).not.toContain('marker');
    expect(lines[0]).toMatchObject({ headers: { accept: 'x', authorization: '[hidden]' } });
  });

  it('takes what Nest writes', () => {
    const nest = new NestLog(log);
    nest.warn('careful', 'Somewhere');
    nest.error(new Error('broken'), 'Somewhere');
    nest.error({ requestId: 'r1', error: new Error('inner') }, undefined, 'Somewhere');
    nest.log('Mapped {/x, GET} route', 'RouterExplorer');
    expect(lines).toMatchObject([
      { level: 'warn', msg: 'careful', context: 'Somewhere' },
      { level: 'error', msg: 'broken', context: 'Somewhere', error: { message: 'broken' } },
      { level: 'error', requestId: 'r1', context: 'Somewhere', error: { message: 'inner' } },
    ]);
  });
});
