/** Ids of the tasks that ended here last, the oldest of them forgotten first. */
export class FinishedTasks {
  private readonly ids = new Set<string>();

  constructor(private readonly remembered = 10_000) {}

  add(id: string): void {
    this.ids.add(id);
    for (const oldest of this.ids) {
      if (this.ids.size <= this.remembered) break;
      this.ids.delete(oldest);
    }
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }
}
