export { newRobot, robotPermissions } from '../../reconcile/robot-permissions.js';
export type { RobotDuties } from '../../reconcile/robot-permissions.js';
