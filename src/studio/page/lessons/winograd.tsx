import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { WinogradLine, WinogradTable } from './pieces/winograd_table.js';
import { errorOf, Patched, productsOf } from './run/ran.js';
import { Shown, There, Worked } from './said.js';

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
            This number of the second convolution takes{' '}
            <Shown by="sum" of={({ layers }) => `${9 * layers[2]!.inputShape.at(-1)!} products`} />, and its neighbour as many, of nearly
            the same numbers. On a line it is simpler: three weights over four numbers give two outputs by six products. Winograd's way
            takes four. Set any numbers and see that both agree:
          </p>
          <WinogradLine />
        </>
      ),
      question: {
        asks: 'The sums of the weights are products, too: halves. Why are they not counted?',
        answer: 'They depend on the weights alone, so they are made once for all places of all pictures of a batch.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'layer2/pre_activation', index: 335 },
      constants: ['three', 'four', 'two', 'six', 'halves'],
    },
    {
      title: 'In two dimensions',
      text: (
        <>
          <p>
            The same down and across: F(2×2) makes four outputs of a 3 × 3 kernel from 16 products, where 36 were. F(4×4) makes 16 from 36,
            where 144 were. Tiles at the edge are computed whole, so that small pictures gain less. This network's first convolution gives{' '}
            <Shown by="head" of={({ layers }) => layers[0]!.outputShape.join(' × ')} />:
          </p>
          <WinogradTable />
        </>
      ),
      question: {
        asks: 'Set the output to 2 × 2. Why does F(4×4) gain nothing there?',
        answer: 'It computes a whole tile of 4 × 4, of which all but four numbers are thrown away: 36 products, as many as directly.',
      },
      view: 'network',
      params: { picture: FACE, layer: 0, show: 'output' },
      constants: ['F(2×2)', 'F(4×4)', 'four', '3 × 3', '16', '36', '144', '2 × 2', '4 × 4'],
    },
    {
      title: 'Who may use it',
      text: (
        <p>
          <There by="ladder">The ladder</There> of this network's second convolution has <Shown by="ladder">tiled</Shown>, but no Winograd:
          those shaders take channels and filters by fours, and here are{' '}
          <Worked of={({ layers }) => `${layers[2]!.inputShape.at(-1)} channels`} />. It pays where there are many channels to sum over, as
          in the network with 100 filters that the program trains on photographs.
        </p>
      ),
      question: {
        asks: 'Why do many channels help?',
        answer:
          'A patch is transformed once for each channel, a kernel once for each channel and filter, and a result once for each filter. The products in between are as many as channels times filters, so their share grows.',
      },
      view: 'shader',
      params: { picture: FACE, op: 'conv2d_pool_forward', scope: 'conv2d_1' },
      constants: ['fours', '100'],
    },
    {
      title: 'Three ways, one result',
      text: (
        <>
          <p>
            Sixteen neighbouring numbers of one filter take <Patched way="direct" of={productsOf} /> products directly,{' '}
            <Patched way="F(2×2)" of={productsOf} /> by F(2×2) and <Patched way="F(4×4)" of={productsOf} /> by F(4×4). The results are the
            same but for rounding: the largest error is <Patched way="direct" of={errorOf} /> directly and{' '}
            <Patched way="F(4×4)" of={errorOf} /> by F(4×4).
          </p>
          <p>
            <There by="run">Below</There>, kernels of this program compute a whole convolution in these ways, where there is a GPU or a
            driver that stands in for one. F(4×4) rounds most there: its matrices make large numbers that cancel.
          </p>
        </>
      ),
      question: {
        asks: 'A kernel is fast if it takes few products, or if it computes many per second. Which is it for F(4×4) here?',
        answer:
          'On a GPU it is the few products: the direct kernel computes as many per second or more, and transforming patches and results takes back a part of what is saved. Where a CPU does the work it is both: the direct kernels are made for GPUs and slow there. With 4 channels the transforms are most of the work.',
      },
      view: 'lessons',
      stage: 'ways',
      params: { picture: FACE },
      constants: ['sixteen', 'F(2×2)', 'F(4×4)', '4'],
    },
  ],
};
