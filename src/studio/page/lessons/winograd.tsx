import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { WinogradLine, WinogradTable } from './pieces/winograd_table.js';

export const winograd: Lesson = {
  id: 'winograd',
  title: 'Why Winograd is fewer multiplications',
  summary: 'Neighbouring windows share pixels, and sums can be exchanged for products.',
  steps: [
    {
      title: 'Two outputs on a line',
      text: (
        <>
          <p>
            Three weights over four numbers give two outputs: six products, since each output takes three. Winograd's way takes four. Set
            any numbers and see that both agree:
          </p>
          <WinogradLine />
        </>
      ),
      view: 'shader',
      params: { picture: FACE, op: 'conv2d_pool_forward' },
    },
    {
      title: 'In two dimensions',
      text: (
        <>
          <p>
            The same down and across: F(2×2) makes four outputs of a 3 × 3 kernel from 16 products, where 36 were. F(4×4) makes 16 from 36,
            where 144 were. Tiles at the edge are computed whole, so that small pictures gain less:
          </p>
          <WinogradTable />
        </>
      ),
      view: 'shader',
      params: { op: 'conv2d_pool_forward' },
    },
    {
      title: 'What it costs',
      text: (
        <p>
          Pixels and weights must be transformed first, and the results back. That is additions and moving numbers, which pays where there
          are many channels to sum over. And sums of numbers that are larger than the result round more: F(2×2) a little, F(4×4) enough that
          the project chose its points with care. The ladder beside this shows what was measured on this adapter.
        </p>
      ),
      view: 'shader',
      params: { op: 'conv2d_pool_forward' },
    },
  ],
};
