"""What running this on Google Cloud costs, and where it stops growing: dated prices, measurements, a simulation."""
