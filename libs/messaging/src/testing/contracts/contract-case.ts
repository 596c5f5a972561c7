/** One promise of a seam. A test runs each case on a fresh world; `obeysContract` throws when the promise is broken. */
export interface ContractCase<World> {
  name: string;
  obeysContract: (world: World) => Promise<void>;
}
