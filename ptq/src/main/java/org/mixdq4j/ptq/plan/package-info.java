/** Bit plans as ptq takes them: whether they fit a network, and folders of candidates. May use core only. */
package org.mixdq4j.ptq.plan;
