import { ArchiveStore } from '@aet/messaging';

/** An archive for tests: its objects can be changed, and a write can fail. */
export class InMemoryArchiveStore extends ArchiveStore {
  readonly objects = new Map<string, Uint8Array>();
  /** Thrown by the next call of that method. */
  readonly failures = new Map<'put' | 'get' | 'remove', Error>();

  override async put(name: string, content: Uint8Array): Promise<void> {
    this.fail('put');
    this.objects.set(name, Uint8Array.from(content));
  }

  override async get(name: string): Promise<Uint8Array | undefined> {
    this.fail('get');
    return this.objects.get(name);
  }

  override async remove(name: string): Promise<void> {
    this.fail('remove');
    this.objects.delete(name);
  }

  override async names(): Promise<string[]> {
    return [...this.objects.keys()];
  }

  private fail(method: 'put' | 'get' | 'remove'): void {
    const error = this.failures.get(method);
    this.failures.delete(method);
    if (error !== undefined) throw error;
  }
}
