/** By which kubelet marks the API's copy of a static Pod: whatever is changed in it changes nothing on the node. */
export const STATIC_POD_ANNOTATION = 'kubernetes.io/config.mirror';
