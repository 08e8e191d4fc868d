/** Files that drawing reads and writes: noise, traces, pictures. May use core and cli.terminal. */
package org.mixdq4j.cli.infer;
