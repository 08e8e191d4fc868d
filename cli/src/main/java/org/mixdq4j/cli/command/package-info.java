/** One class a command: options, the call into a stage, the summary. May use every module and cli.terminal. */
package org.mixdq4j.cli.command;
