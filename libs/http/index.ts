export * from './authenticator.js';
export {
  callerOf,
  ClientDoor,
  CurrentCaller,
  CurrentClient,
  CurrentStaff,
  Public,
  StaffDoor,
  staffRoles,
  subjectOf,
  type Caller,
  type ClientCaller,
  type StaffCaller,
  type StaffRole,
} from './doors.js';
export { isReady, Readiness } from './health.js';
export * from './http-config.js';
export * from './money.js';
export { mergeOpenapi, type OpenapiDocument } from './openapi.js';
export { canonical, CurrentOperation, hashOf, type Operation } from './operation.js';
export * from './page.js';
export * from './problems.js';
export { answer, Answer, type Reply } from './reply.js';
export * from './request-table.js';
export * from './requests.js';
export { describeRoom, openRoom, type OpenRoom, type Room } from './room.js';
export { runRoom, type RoomDeployment } from './run-room.js';
export { composed, proxyConfiguration, repeatable, type ProxyPlan, type Upstream } from './proxy-configuration.js';
export * from './route-table.js';
export { dtoOf, validationFailed } from './validation.js';
export * from './scopes.js';
export * from './rules.js';
