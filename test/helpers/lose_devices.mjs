// Takes devices away as drivers do: imported by tests, or preloaded with `node --import` into a program. There WGRAD_TEST_LOSE has the submissions, counted
// from the program's first, after which the device is lost, and WGRAD_TEST_DEVICES how many devices can be had in all.
import { globals } from 'webgpu';

const listed = process.env.WGRAD_TEST_LOSE;
const most = Number(process.env.WGRAD_TEST_DEVICES ?? Number.POSITIVE_INFINITY);
const { prototype } = globals.GPUAdapter;
const { requestDevice } = prototype;

let due = new Set(listed ? listed.split(',').map(Number) : []);
let devices = 0;
const open = new Set();

export const losing = {
  submissions: 0,
  losses: 0,
  isGone: false,
  loseAt(...submissions) {
    due = new Set(submissions.map(each => losing.submissions + each));
  },
  lose() {
    losing.losses += open.size;
    for (const device of [...open]) device.destroy();
  },
};

prototype.requestDevice = async function (descriptor) {
  if (losing.isGone || devices >= most) throw new Error('the driver does not answer');
  devices += 1;
  const opened = await requestDevice.call(this, descriptor);
  open.add(opened);
  const destroy = opened.destroy.bind(opened);
  // A device is ended once: Dawn for Node does not bear more.
  opened.destroy = () => {
    if (open.delete(opened)) destroy();
  };
  const lost = opened.lost.then(() => ({ reason: 'unknown', message: 'VK_ERROR_DEVICE_LOST' }));
  const queue = new Proxy(opened.queue, {
    get: (target, name) => {
      const value = Reflect.get(target, name);
      if (name !== 'submit') return typeof value === 'function' ? value.bind(target) : value;
      return buffers => {
        value.call(target, buffers);
        losing.submissions += 1;
        if (due.delete(losing.submissions)) losing.lose();
      };
    },
  });
  Object.defineProperties(opened, { lost: { value: lost }, queue: { value: queue } });
  return opened;
};
