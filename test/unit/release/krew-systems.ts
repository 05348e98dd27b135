/** What the command line is made for, as a program of its own. */
export const KREW_SYSTEMS = ['linux_amd64', 'linux_arm64', 'darwin_amd64', 'darwin_arm64'];
