// SPDX-License-Identifier: MIT
// The program that the precompiled headers belong to.
int main() {}
