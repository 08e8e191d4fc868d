/** Pictures side by side with captions, as one picture, drawn without AWT. May use {@code core.image}. */
package org.mixdq4j.cli.grid;
