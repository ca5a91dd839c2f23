/** Hands a file to the person: a download made in the page, with no address on any server. */
export function saveFile(name: string, parts: readonly BlobPart[], type = 'application/octet-stream'): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  // the browser has taken the address over by the next task
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
