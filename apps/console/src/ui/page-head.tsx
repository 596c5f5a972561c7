import type { ReactNode } from 'react';
import type { Picture } from '../api/use-poll.js';
import { Freshness } from './freshness.js';
import { FailureNotice } from './notice.js';
import { Link } from './router.js';

interface Tab {
  to: string;
  name: string;
}
/** Pages that belong together, by the first of them. */
const TABS: Record<'fleet' | 'runs' | 'queue', readonly Tab[]> = {
  fleet: [
    { to: '/', name: 'Instances' },
    { to: '/cells', name: 'Cells' },
  ],
  runs: [
    { to: '/runs', name: 'Runs' },
    { to: '/schedules', name: 'Schedules' },
  ],
  queue: [
    { to: '/queue', name: 'Capabilities' },
    { to: '/dlq', name: 'Dead letters' },
    { to: '/effects', name: 'Effects in doubt' },
  ],
};

interface HeadProps {
  title: string;
  /** The group that the page belongs to, and its place there. */
  tabs?: keyof typeof TABS;
  here?: string;
  picture: Picture<unknown>;
  children?: ReactNode;
}

/** Title, neighbours, and whether what follows is current. Where nothing could be read yet, why. */
export function PageHead({ title, tabs, here, picture, children }: HeadProps) {
  const { data, at, failure } = picture;
  return (
    <>
      <title>{`${title} · AET`}</title>
      {tabs !== undefined && <Tabs of={tabs} here={here ?? ''} />}
      <header className="page-head">
        <h1>{title}</h1>
        {children}
        <Freshness at={at} problem={failure === undefined ? undefined : `Connection lost: ${failure.message}`} />
      </header>
      {data === undefined && failure !== undefined && <FailureNotice failure={failure} />}
    </>
  );
}

export function Tabs({ of, here }: { of: keyof typeof TABS; here: string }) {
  return (
    <nav className="tabs" aria-label="Part">
      {TABS[of].map(({ to, name }) => (
        <Link key={to} to={to} aria-current={to === here ? 'page' : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  );
}
