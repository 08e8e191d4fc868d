/** Measurements of all units summed up, and the files they become. May use core and the packages before it. */
package org.mixdq4j.sensitivity.result;
