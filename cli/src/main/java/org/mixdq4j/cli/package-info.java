/** The command line, the only main. May use every module. */
package org.mixdq4j.cli;
