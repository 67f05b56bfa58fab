"""Rules and training together: a recommendation for a prepared job, checked, and a linear model beside it."""
