import type { ReactNode } from 'react';

/** A head of a column: its words, right-aligned over numbers, or words that only a screen reader says. */
export type ColumnHead = string | { number: string } | { unseen: string };

/** A table whose rows become cards where the page is narrow: `data-label` of each cell is then its head. */
export function CardTable({ heads, children }: { heads: readonly ColumnHead[]; children: ReactNode }) {
  return (
    <div className="table-frame">
      <table className="cards wide">
        <thead>
          <tr>{heads.map(columnHead)}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function columnHead(head: ColumnHead) {
  if (typeof head === 'string') return <HeadCell key={head}>{head}</HeadCell>;
  if ('number' in head)
    return (
      <th key={head.number} scope="col" className="number">
        {head.number}
      </th>
    );
  return (
    <HeadCell key={head.unseen}>
      <span className="unseen">{head.unseen}</span>
    </HeadCell>
  );
}

const HeadCell = ({ children }: { children: ReactNode }) => <th scope="col">{children}</th>;
