/** Work that waits, the latest for each key. */
const waiting = new Map<object, () => void>();
const channel = new MessageChannel();
let isUnderWay = false;

channel.port1.onmessage = () => {
  const [next] = waiting;
  if (!next) {
    isUnderWay = false;
    return;
  }
  const [key, work] = next;
  waiting.delete(key);
  try {
    work();
  } finally {
    channel.port2.postMessage(undefined);
  }
};

/** Does work in a task of its own, after what waits already, so that the page answers between them. New work for a key replaces what still waits. */
export function inTurn(key: object, work: () => void): void {
  waiting.set(key, work);
  if (isUnderWay) return;
  isUnderWay = true;
  channel.port2.postMessage(undefined);
}

export function cancelTurn(key: object): void {
  waiting.delete(key);
}
