// The connection: frames from the server, and whether what the page shows is still so.

const SILENCE_MILLIS = 4000;

// Calls onFrame with each frame, and onStale with the time since when there was none, or null when there is one again.
export function connect(onFrame, onStale) {
  let last = Date.now();
  let stale = false;
  let source;
  let retry;

  const lost = () => {
    if (!stale) {
      stale = true;
      onStale(last);
    }
  };

  const open = () => {
    source = new EventSource(`api/stream${location.search}`);
    source.onmessage = message => {
      last = Date.now();
      if (stale) {
        stale = false;
        onStale(null);
      }
      onFrame(JSON.parse(message.data));
    };
    source.onerror = () => {
      lost();
      // The browser tries again by itself, unless the server's answer was no stream.
      if (source.readyState === EventSource.CLOSED) {
        clearTimeout(retry);
        retry = setTimeout(open, 2000);
      }
    };
  };

  open();
  setInterval(() => {
    if (Date.now() - last > SILENCE_MILLIS) lost();
  }, 500);
}
