import "reflect-metadata"; // has to be there before: @peculiar/x509 registers its parts with it as it loads

/** The one door to @peculiar/x509, so that who comes first need not know what it needs. */
export * from "@peculiar/x509";
