/**
 * An action for things that may come in floods: it runs a moment after the first, never twice at once, and once more if
 * something came while it ran. `stop` forgets what has not begun.
 */
export function calmly(action, delay = 150) {
  let timer;
  let isRunning = false;
  let isWanted = false;
  const run = async () => {
    timer = undefined;
    isRunning = true;
    isWanted = false;
    try {
      await action();
    } finally {
      isRunning = false;
      if (isWanted) ask();
    }
  };
  const ask = () => {
    if (isRunning) isWanted = true;
    else timer ??= setTimeout(run, delay);
  };
  return {
    ask,
    stop: () => {
      isWanted = false;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
