/** The live region: results that arrive later are said aloud as well. */
import { createContext, useContext } from 'react';
import { createStore, useStore } from '../client/store.ts';

const store = createStore('');
const AnnounceContext = createContext<(text: string) => void>((text) => store.set(text));
export const useAnnounce = (): ((text: string) => void) => useContext(AnnounceContext);

export function LiveRegion() {
  const text = useStore(store);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {text}
    </div>
  );
}
