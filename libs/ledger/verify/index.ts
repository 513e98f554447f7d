export type { Reader, Report } from './report.js';
export { verify } from './verify.js';
