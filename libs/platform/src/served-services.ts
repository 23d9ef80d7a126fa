/** Names of the services in this process. */
export class ServedServices {
  constructor(readonly names: readonly string[]) {}
}
