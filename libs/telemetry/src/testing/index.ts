export { LogLines } from './log-lines.js';
