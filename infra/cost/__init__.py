"""What this costs on Google Cloud, and where it stops growing: dated prices, measurements, a simulation."""
