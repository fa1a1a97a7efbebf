"""CloudFront's edge: an nginx whose configuration follows the distributions in the control plane.

Nothing is cached: every request goes to the origin, as with the CachingDisabled policy.
"""
