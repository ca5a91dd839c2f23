/** When this browser was here last; a convenience of the page, kept in the browser and nowhere else. */
const KEY = 'muster.visit';
let before: number | null | undefined;

/** Unix milliseconds, or null on the first visit; the same answer for as long as the page lives. */
export function lastVisit(): number | null {
  if (before !== undefined) return before;
  try {
    const text = localStorage.getItem(KEY);
    before = text !== null && /^\d+$/.test(text) ? Number(text) : null;
    localStorage.setItem(KEY, String(Date.now()));
  } catch {
    // a browser that keeps nothing shows no marks
    before = null;
  }
  return before;
}
