/**
 * The CPU executor: lowered programs, their products by oneDNN. May use {@code core} and its own sub-packages; nothing outside
 * sees more than the provider.
 */
package org.mixdq4j.cpu;
