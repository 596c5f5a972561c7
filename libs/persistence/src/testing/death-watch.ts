import { spawn } from 'node:child_process';

/** Reads until this process is gone, however it went, then ends the server and removes its folder. In a session of its own: Ctrl-C must not end it first. */
const WATCH = `
cat > /dev/null
kill -INT "$0" 2> /dev/null
tries=0
while kill -0 "$0" 2> /dev/null && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -KILL "$0" 2> /dev/null
rm -rf "$1"
`;

/** A test runner may be killed: then nobody is left to stop the server but this. @returns how to call it off */
export function deathWatch(pid: number, folder: string): () => void {
  const watch = spawn('sh', ['-c', WATCH, String(pid), folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  watch.on('error', () => undefined); // no such shell: the runner's own end must do
  watch.unref();
  (watch.stdin as unknown as { unref(): void }).unref();
  return () => {
    watch.kill('SIGKILL');
    watch.stdin.destroy(); // the shell's cat ends with it
  };
}
