import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `npm run dev -w apps/console` shows the page of a running gateway: set AET_GATEWAY to its address, and sign in by its console link. */
const gateway = process.env['AET_GATEWAY'] ?? 'http://127.0.0.1:5000';

export default defineConfig({
  base: '/console/',
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // Everything is a file of its own: the page's policy allows no inline script, style or font.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/v1': gateway } },
});
