/** TorchScript files as they are. May use {@code torch.array}, core and DJL. */
package org.mixdq4j.torch.script;
