import { PaceWatch } from './pace';

describe('AC-48: the pace of a sender', () => {
  const pace = { window: 1200, bytes: 100 };
  const onStall = jest.fn();
  let watch: PaceWatch;
  beforeEach(() => {
    jest.useFakeTimers();
    onStall.mockReset();
    watch = new PaceWatch(pace, onStall);
  });
  afterEach(() => {
    watch.stop();
    jest.useRealTimers();
  });

  test('who stops has one window, however much came before', () => {
    watch.count(1e9);
    jest.advanceTimersByTime(pace.window);
    expect(onStall).not.toHaveBeenCalled();
    jest.advanceTimersByTime(pace.window);
    expect(onStall).toHaveBeenCalledTimes(1);
  });

  test('enough in every window is enough for ever', () => {
    for (let i = 0; i < 100; i++) {
      watch.count(pace.bytes);
      jest.advanceTimersByTime(pace.window - 100);
    }
    expect(onStall).not.toHaveBeenCalled();
  });

  test('time in which we hold the sender back does not count', () => {
    watch.hold(true);
    jest.advanceTimersByTime(10 * pace.window);
    watch.hold(false);
    jest.advanceTimersByTime(pace.window - 100);
    expect(onStall).not.toHaveBeenCalled();
  });
});
