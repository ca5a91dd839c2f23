/** Reads what people type into number fields; thin spaces and plain spaces between thousands are allowed. */
export function parseCount(text: string): number | null {
  const digits = text.trim().replaceAll(/[\s\u2009\u202f]/g, '');
  return /^\d{1,15}$/.test(digits) ? Number(digits) : null;
}
