/** Where words that are not sent yet are kept over a reload.
 * @returns {Storage | null} */
export function memory() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}
