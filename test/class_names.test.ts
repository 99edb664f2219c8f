import { describe, expect, test } from 'vitest';
import { confusionText, scoresTable } from '../src/cli/report_text.js';
import { cutMiddle } from '../src/data/cut.js';
import { classReport } from '../src/inspect/class_report.js';

const LONG = Array.from({ length: 12 }, (_, i) => `photographs_of_${'very_'.repeat(8)}long_class_names_${i}`);
const confusionOf = (names: readonly string[]) => names.map((_, i) => names.map((_, j) => 10 * i + j));

test('a long name keeps its beginning and its end', () => {
  expect(cutMiddle('with_mask', 12)).toBe('with_mask');
  expect(cutMiddle('abcdefghijklm', 8)).toBe('abcd…klm');
  expect(cutMiddle('😀😀😀😀😀', 3)).toBe('😀…😀');
});

describe('tables of classes fit a terminal', () => {
  const widest = (text: string): number => Math.max(...text.split('\n').map(line => line.length));

  test('short names stand above their columns', () => {
    expect(
      confusionText(
        ['cat', 'dog'],
        [
          [5, 1],
          [0, 12],
        ],
      ),
    ).toBe(['true \\ predicted    cat    dog', 'cat                   5      1', 'dog                   0     12'].join('\n'));
  });

  test('12 long ones are numbered, and the numbers named beside their rows', () => {
    const text = confusionText(LONG, confusionOf(LONG));
    expect(widest(text)).toBeLessThanOrEqual(100);
    const [head, ...rows] = text.split('\n');
    expect(head!.match(/\d+/g)).toEqual(LONG.map((_, i) => `${i}`));
    rows.forEach((row, i) => {
      expect(row.trim()).toMatch(new RegExp(`^${i} photographs.*…`));
      expect(row.trim().split(/\s+/).slice(-12).map(Number)).toEqual(confusionOf(LONG)[i]);
    });
    // All columns end where the numbers above them end.
    expect(new Set(text.split('\n').map(line => line.length)).size).toBe(1);
  });

  test('the scores of long names, too, and names that are cut to the same stay apart', () => {
    const twins = ['left', 'right'].map(middle => `a_name_that_is_long_${middle}_and_ends_as_the_other_does`);
    const report = classReport([0.9, 0.1, 0.2, 0.8], [0, 1], twins);
    const text = scoresTable(report);
    expect(widest(text)).toBeLessThanOrEqual(100);
    expect(text.split('\n')[1]!.slice(0, 30)).not.toBe(text.split('\n')[2]!.slice(0, 30));
  });
});
