/** Sensitivity and size tables as YAML, ours and MixDQ's published ones. May use core.error, core.io and SnakeYAML. */
package org.mixdq4j.bitalloc.table;
