/** A share of a whole as a thin bar, with its words for those who do not see it. */
export function Meter({
  value,
  of,
  label,
  tone = 'busy',
}: {
  value: number;
  of: number;
  label: string;
  tone?: 'busy' | 'good' | 'bad';
}) {
  const share = of <= 0 ? 0 : Math.min(1, value / of);
  return (
    <span className={`meter ${tone}`} role="img" aria-label={label}>
      <span style={{ inlineSize: `${share * 100}%` }} />
    </span>
  );
}
