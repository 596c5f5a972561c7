/** The end of an id, which differs where beginnings are alike (a UUID of version 7 begins with the time); the whole of it in the title. */
export function ShortId({ id }: { id: string }) {
  return (
    <code className="id" title={id}>
      …{id.slice(-8)}
    </code>
  );
}
