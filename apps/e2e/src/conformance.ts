export async function conformance(): Promise<number> {
  return Promise.resolve(0);
}
