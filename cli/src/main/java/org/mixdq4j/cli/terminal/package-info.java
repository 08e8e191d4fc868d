/** How commands talk: progress, summaries, units, failures. May use core and picocli. */
package org.mixdq4j.cli.terminal;
