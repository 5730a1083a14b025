// Tells when a page comes back into sight, so that what it shows can be looked up afresh.

import * as React from 'react';

/** Call `back` when the element is seen again after it was hidden. */
export function useBackInSight(ref: React.RefObject<HTMLElement>, back: () => void): void {
  const latest = React.useRef(back);
  latest.current = back;
  React.useEffect(() => {
    let hidden = false;
    const watcher = new IntersectionObserver(entries => {
      const seen = entries.some(entry => entry.isIntersecting);
      if (seen && hidden) {
        latest.current();
      }
      hidden = !seen;
    });
    if (ref.current) {
      watcher.observe(ref.current);
    }
    return () => watcher.disconnect();
  }, []);
}
