/** TorchScript files as they are. May use {@code cpu.array}, core and DJL. */
package org.mixdq4j.cpu.script;
